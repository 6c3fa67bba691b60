"""Every plan that ships with the product, restated as plain data for the independent check.

A node is a dict: ``code``, ``title``, ``points``, ``method``, ``weight`` (None: its points), ``children`` and what its
method needs. Shares, weights and values are strings or ints and are read as exact fractions. Nothing here is imported
from the application: a slip in one of the two statements of a plan shows as a difference.
"""

# A plan reads as a table:
# fmt: off

ADJUSTMENTS = ("bonus", "penalty", "inspection")
EVENT_METHODS = ("deduct", *ADJUSTMENTS)
BALLOT_METHODS = ("ballot", "rank_band", "ballot_deduct")
VALUE_METHODS = ("rank_points", "ratio_to_best", "per_unit")


def node(code, title, points, method="composite", *children, **more):
    return {"code": code, "title": title, "points": points, "method": method, "weight": None,
            "children": list(children), **more}


def mark(code, title, points, *assessors):
    return node(code, title, points, "marks", assessors=assessors)


def ballot(code, title, points, classes=None, options=None, **more):
    return node(code, title, points, more.pop("method", "ballot"), classes=classes or {"staff": 1}, options=options,
                scale=100, **more)


def item(code, title, *values, cap=None, zero_at=None):
    """No value: the event states it. One: fixed. Several: the event names one of them."""
    return {"code": code, "title": title, "values": values, "cap": cap, "zero_at": zero_at}


def plan(title, categories, root, grades, rules, facts=(), tie_breakers=(), ranked="all", notes=False):
    return {"title": title, "categories": categories, "root": root, "grades": grades, "rules": rules,
            "facts": {code: {"title": name, "kind": kind, "choices": choices} for code, name, kind, *choices in facts},
            "tie_breakers": list(tie_breakers), "ranked": ranked, "notes_required": notes, "decimals": 2}


def thresholds(**minimum):
    """The last one has no minimum (None)."""
    return {"rule": "thresholds", "minimum": minimum}


def exclude(condition):
    return {"rule": "exclude", "if": condition}


def cap(condition, grade):
    return {"rule": "cap", "if": condition, "grade": grade}


def set_to(condition, grade):
    return {"rule": "set", "if": condition, "grade": grade}


def limit(grade, share, scope, **more):
    return {"rule": "limit", "grade": grade, "share": share, "scope": scope, **more}


OFFICE, RESEARCH = "区委办公室", "区委区政府研究室"
FOUR = ["优秀", "称职", "基本称职", "不称职"]
GOOD = ["好", "较好", "一般", "差"]
GOOD_OPTIONS = {"好": 95, "较好": 85, "一般": 70, "差": 50}
STAFF_OPTIONS = {"优秀": 95, "称职": 80, "基本称职": 65, "不称职": 40}

DISTRICT = plan(
    "区党群、人大和政协机关绩效考核", ["党群机关", "人大机关", "政协机关"],
    node("R", "总分", 100, "composite",
         node("K", "重点工作", 60, "composite",
              node("K1", "个性工作", 24, "composite",
                   node("K11", "区委重大决策", 8, "composite",
                        mark("K111", "承接市委巡视组整改事项", 2, OFFICE),
                        mark("K112", "区委重点工作任务", 2, RESEARCH),
                        mark("K113", "全面深化改革任务", 2, RESEARCH),
                        mark("K114", "创建全国文明城区", 2, "区创城办")),
                   node("K12", "区委重大专项", 8, "composite",
                        mark("K121", "重点督查督办事项", 3, OFFICE),
                        mark("K122", "市区领导批示及调研指示事项", 3, OFFICE),
                        mark("K123", "人大建议和政协提案办理", 2, OFFICE)),
                   node("K13", "会议议定事项", 8, "composite",
                        mark("K131", "区委常委会会议议定事项", 3, OFFICE),
                        mark("K132", "区委专题会议定事项", 3, OFFICE),
                        mark("K133", "议事协调机构会议议定事项", 2, OFFICE))),
              node("K2", "共性工作", 36, "composite",
                   mark("K21", "接诉即办", 15, "区城管监督指挥中心"),
                   mark("K22", "街道吹哨部门报到", 15, "区委组织部"),
                   node("K23", "区委日常工作", 6, "composite",
                        mark("K231", "信息", 2, OFFICE),
                        mark("K232", "保密", 2, OFFICE),
                        mark("K233", "调研", 2, RESEARCH)))),
         node("E", "综合评价", 40, "composite",
              ballot("E1", "单位互评", 10, {"unit": 1}),
              ballot("E2", "区领导评价", 30, {"leader": 1})),
         node("B", "加分项", 5, "bonus", items=[
             item("B-1", "市委领导全面充分肯定性批示"), item("B-2", "上级机关正式推广经验"),
             item("B-3", "重点工作突出贡献")]),
         node("D", "减分项", 5, "penalty", items=[
             item("D-1", "市委领导否定性批示"), item("D-2", "上级机关通报批评"),
             item("D-3", "重要工作未完成、落实不力造成重大不良影响")])),
    ["优秀", "良好", "合格", "不合格"],
    [thresholds(优秀="90", 良好="80", 合格="60", 不合格=None), limit("优秀", "0.30", "all")],
    tie_breakers=("K", "E"), notes=True)

YINHAI = plan(
    "区直机关绩效考评", ["经济管理类和其他类", "公共事务管理和监管监督类", "党委群团类"],
    node("R", "总分", 1000, "composite",
         node("G", "目标考核", 700, "composite",
              node("G1", "职能指标", 600, "composite",
                   node("G11", "区委、区政府确定的重点工作任务", 150, "attainment"),
                   node("G12", "上级业务部门部署或下达的工作", 100, "attainment"),
                   mark("G13", "权力清单和责任清单", 60), mark("G14", "深化改革工作", 60),
                   node("G15", "依据部门职能确定的任务", 80, "attainment"),
                   mark("G16", "配合工作", 50), mark("G17", "群众意见整改工作", 40),
                   mark("G18", "临时性重大工作", 40), mark("G19", "绩效指标申报质量", 20)),
              node("G2", "共性指标", 100, "deduct", items=[
                  item("C1", "领导班子和干部队伍建设"), item("C2", "党风廉政建设"), item("C3", "机关党建"),
                  item("C4", "政务工作"), item("C5", "行政支出和效率"), item("C6", "公共机构节能"),
                  item("C7", "依法行政"), item("C8", "保密"), item("C9", "督查和信息管理"), item("C10", "行政成本")])),
         node("S", "工作满意", 300, "composite",
              ballot("S1", "公众评议", 200, {"grassroots": "0.5", "served": "0.5"}),
              ballot("S2", "领导评价", 100, {"leader": 1})),
         node("B", "创先争优加分", 10, "bonus", items=[
             item("B1", "表彰奖励加分"), item("B2", "工作创新加分"), item("B3", "指标超额加分")]),
         node("P", "通报批评及负面影响", 10, "penalty", uncapped=True, items=[
             item("P1", "受到上级党委、政府通报批评", 2), item("P2", "职责范围内发生重大问题负面影响较大", 2)]),
         node("V", "察访核验", 10, "inspection", items=None)),
    ["一等", "二等", "三等", "不合格"],
    [{"rule": "distribute", "shares": {"一等": "0.40", "二等": "0.50", "三等": "0.10"}},
     {"rule": "floor_grade", "minimum": "900", "grade": "不合格"},
     {"rule": "lower", "if": "vetoed or grave_event", "by": 1}],
    facts=[("vetoed", "一票否决", "bool"), ("grave_event", "重大损失或恶劣影响", "bool")],
    tie_breakers=("G", "S"), ranked="category")

FINANCE = plan(
    "市财政局平时考核积分制", ["机关", "局属单位"],
    node("R", "总分", 100, "composite",
         node("A", "考勤工作", 30, "deduct", items=[
             item("A1", "迟到早退脱岗", 1), item("A2", "旷工或超假(半天)", 2), item("A3", "值班无人接听", 1),
             item("A4", "值班迟到早退脱岗", 1), item("A5", "值班缺岗被通报或突发不到场", 5),
             item("A6", "学习会议迟到早退", 1), item("A7", "学习会议无故缺席", 2), item("A8", "工作时间做无关事", 2),
             item("A9", "午间饮酒", 5), item("A10", "服务态度投诉属实", 5), item("A11", "下班未关用电设施", 1),
             item("A12", "因未关设施致安全事故", 10), item("A13", "无故不参加重大活动被通报", 2)]),
         node("W", "常规工作", 25, "deduct", items=[
             item("W1", "工作月记未按时交", 1), item("W2", "月记缺交", 2), item("W3", "工作未按时完成(每项)", 2),
             item("W4", "不服从工作安排", 3), item("W5", "临时工作未按时完成", 2),
             item("W6", "泄密、网络安全或舆情应对不力", 2)]),
         node("Z", "重点工作", 30, "deduct", items=[
             item("Z1", "态度消极、质量不合要求", 2), item("Z2", "未按时完成", 3),
             item("Z3", "被市委市政府、省厅通报批评", 5), item("Z4", "报表材料未按要求报送", 2),
             item("Z5", "报送被通报批评", 5)]),
         ballot("M", "民主测评", 15, options={"优秀": 100, "称职": 80, "基本称职": 60, "不称职": 0},
                method="ballot_deduct", last=3, option="不称职", votes=2, value=2),
         node("B", "奖励加分", 25, "bonus", items=[
             item("B14", "科室受奖", 5, 3, 2, 1, cap=5), item("B15", "个人受奖", 5, 3, 2, 1, cap=5),
             item("B16", "克难有为", 2, cap=5), item("B17", "对外宣传", 3, 2, 1, cap=5),
             item("B18", "公益活动", 1, 2, cap=5)]),
         node("P", "惩戒扣分", 25, "penalty", uncapped=True, items=[
             item("P19", "被省市通报", 3), item("P20", "推诿失误影响全局", 3), item("P20b", "影响安定团结", 5),
             item("P21", "暗访违规", 3, 5, 8), item("P22", "重大失职", 3), item("P23", "应急推诿", 3),
             item("P24", "限时办结不力", 5)])),
    ["好", "良好", "一般", "差"],
    [exclude("leave_days > 12"), thresholds(好="90", 良好="80", 一般="60", 差=None), cap("p24", "一般"),
     cap("training_missing", "良好"), set_to("refused or grave", "差"),
     limit("好", "0.40", "group", of_participants=True)],
    facts=[("leave_days", "病事假工作日", "number"), ("refused", "无正当理由不参加", "bool"),
           ("grave", "情节严重、取消积分", "bool"), ("p24", "本期限时办结被扣", "bool"),
           ("training_missing", "网络培训学分未完成", "bool")],
    tie_breakers=("Z", "W", "A"))

FINANCE_ANNUAL = plan(
    "市财政局年度考核", ["机关", "局属单位"],
    node("R", "年度综合积分", 100, "composite", node("Q", "四个季度平均分", 100, "carried", set="quarters")),
    FOUR,
    [thresholds(优秀="85", 称职="70", 基本称职="60", 不称职=None),
     cap("times_grade:quarters:一般 > 0 or times_grade:quarters:差 > 0", "称职"),
     set_to("grave", "不称职"), limit("优秀", "0.15", "category")],
    facts=[("grave", "情节严重", "bool")])

BUREAU = plan(
    "区局机关和直属单位年度考核", ["处级正职", "处级副职", "一般人员", "事业单位人员"],
    node("R", "总分", 100, "composite",
         ballot("D", "民主测评", 60, options=STAFF_OPTIONS), mark("L", "分管领导评鉴", 20), mark("U", "平时考核", 20)),
    FOUR,
    [thresholds(优秀="85", 称职="70", 基本称职="60", 不称职=None), cap("head and office_effectiveness = 一般", "称职"),
     cap("head and score:D < 51", "称职"), set_to("discipline", "不称职"), limit("优秀", "0.15", "all"),
     {"rule": "limit_within", "grade": "优秀", "share": "0.30", "if": "senior",
      "scope": ["处级正职", "处级副职", "一般人员"]}],
    facts=[("office_effectiveness", "处室效能考核", "choice", "好", "良好", "一般"), ("head", "处室负责人", "bool"),
           ("discipline", "受处分", "bool"), ("senior", "正处级", "bool")],
    tie_breakers=("D",))

RANK_T = {**ballot("T", "党政领导测评", 100, {"leader": 1}, method="rank_band",
                   bands=[("0.25", 90), ("0.55", 80), ("1", 70)]), "weight": 40}
QUARTERLY = plan(
    "梅岭街道季度绩效考核", ["科级干部", "中层干部", "一般工作人员"],
    node("R", "考评得分", 100, "composite",
         {**node("J", "工作得分", 100, "composite",
                 node("J1", "常规与重点工作", 90, "composite",
                      node("J11", "常规工作", 50, "composite",
                           mark("J111", "科室工作", 25), mark("J112", "下社区工作", 25)),
                      node("J12", "重点项目工作", 40, "composite",
                           mark("J121", "项目一", 20), mark("J122", "项目二", 20))),
                 node("J2", "考勤", 10, "deduct", items=[
                     item("late", "迟到", 1, zero_at=10), item("absent", "旷工(天)", 5, zero_at=2)]),
                 node("JB", "奖惩附加(加)", 10, "bonus", items=None),
                 node("JD", "奖惩附加(减)", 10, "penalty", items=None)), "weight": 60},
         RANK_T),
    ["优秀", "良好", "称职", "不称职"],
    [exclude("new_days < 20 or sick_personal_leave > 40 or warned or investigated"),
     thresholds(优秀="90", 良好="75", 称职="60", 不称职=None), cap("leave_days_total > 15", "良好"),
     set_to("absent_days > 2 or discipline", "不称职"), set_to("vetoed", "不称职"),
     limit("优秀", "0.25", "category"), limit("良好", "0.30", "category")],
    facts=[("leave_days_total", "当季请假", "number"), ("sick_personal_leave", "病事假", "number"),
           ("new_days", "新录用工作天数", "number"), ("warned", "效能告诫", "bool"),
           ("investigated", "立案调查", "bool"),
           ("absent_days", "旷工", "number"), ("discipline", "党纪政纪处分", "bool"), ("vetoed", "一票否决", "bool")],
    tie_breakers=("J",))

SUBDISTRICT_ANNUAL = plan(
    "梅岭街道年度考核", ["科级干部", "中层干部", "一般工作人员"],
    node("R", "年度考评得分", 100, "composite", node("Q", "四个季度平均分", 100, "carried", set="quarters")),
    FOUR,
    [thresholds(优秀="90", 称职="60", 基本称职="0"), cap("times_grade:quarters:优秀 < 1", "称职"),
     set_to("times_grade:quarters:不称职 = 1", "基本称职"), set_to("times_grade:quarters:不称职 >= 2", "不称职"),
     limit("优秀", "0.20", "category", prefer="times_grade:quarters:优秀 >= 3")])

BANK = plan(
    "支行中层干部述职考核", ["单位负责人", "副职"],
    node("R", "集中述职测评得分", 100, "composite",
         {**ballot("T", "集中述职民主测评", 100, {"cadre": "0.5", "staff": "0.5"}), "weight": 1},
         {**ballot("Q", "群众评议", 100, {"all": 1}, self_vote=True), "weight": 0}),
    FOUR,
    [thresholds(优秀="85", 称职="75", 基本称职="65", 不称职=None), set_to("case_or_accident", "不称职")],
    facts=[("case_or_accident", "分管战线发生经济、刑事案件或责任事故", "bool"),
           ("deposit_rate", "存款计划完成率", "number"),
           ("fee_rate", "中间业务收入计划完成率", "number")])

FARM_OPTIONS = {"好": 90, "较好": 80, "一般": 70, "差": 60}
FARM_CLASSES = {"a": "0.4", "b": "0.3", "c": "0.3"}
FARM = plan(
    "落实主体责任双述双评", ["支部书记", "场党委书记"],
    node("R", "最后得分", 100, "composite",
         *({**ballot(code, title, 100, FARM_CLASSES, FARM_OPTIONS), "weight": 1} for code, title in (
             ("T1", "抓基层党建工作责任"), ("T2", "落实党风廉政建设主体责任"), ("T3", "落实意识形态责任制")))),
    GOOD, [thresholds(好="85", 较好="75", 一般="65", 差=None)])

SYSTEM = plan(
    "全市系统书记抓基层党建述职评议", ["旗县局党组", "党总支", "局属党支部"],
    node("R", "综合评价", 100, "composite",
         ballot("T", "会议测评", 60, {"leader": "0.4", "peer": "0.3", "delegate": "0.3"}, GOOD_OPTIONS),
         mark("C", "领导点评", 20), mark("U", "平时了解和调研督导", 20)),
    GOOD,
    [thresholds(好="85", 较好="75", 一般="60", 差=None),
     set_to("option_share:T:一般 + option_share:T:差 > 0.10 or major_failure or held_accountable", "差"),
     limit("好", "0.60", "all")],
    facts=[("major_failure", "重大失误造成严重影响", "bool"), ("held_accountable", "抓党建不力被问责追责", "bool")])

COLLEGE = plan(
    "高校机关党支部书记述职评议", ["机关党支部"],
    node("R", "综合评价", 100, "composite",
         mark("U", "平时掌握", 20), mark("I", "调研了解", 20), mark("C", "领导点评", 20),
         ballot("T", "现场测评", 40, {"delegate": 1}, GOOD_OPTIONS)),
    GOOD, [thresholds(好="85", 较好="75", 一般="60", 差=None), limit("好", "0.70", "all")])

COMMUNITY = plan(
    "街道社区书记述职评议", ["社区"],
    node("R", "总分", 100, "composite",
         node("K", "党建工作考核指标", 60, "composite",
              mark("K1", "履行第一责任人职责", 12), mark("K2", "思想建设", 12), mark("K3", "反腐倡廉", 12),
              mark("K4", "制度建设", 12), mark("K5", "从严管党治党", 12)),
         ballot("T", "述职评议测评", 40, {"leader": "0.5", "delegate": "0.3", "public": "0.2"}, GOOD_OPTIONS)),
    GOOD, [thresholds(好="85", 较好="75", 一般="60", 差=None), set_to("report_untrue", "差")],
    facts=[("report_untrue", "述职报告严重失实", "bool")])

EDUCATION = plan(
    "教育局直属党组织书记述职评议", ["直属党组织"],
    node("R", "考核结果", 100, "composite",
         ballot("T", "述职评议", 50, {"leader": "0.5", "delegate": "0.5"}, {"好": 90, "一般": 70, "差": 60}),
         node("H", "校长书记任期目标考核", 50, "carried", set="term", marks_without_rounds=True, assessors=())),
    ["好", "一般", "差"], [thresholds(好="80", 一般="65", 差=None)])

COUNTY = plan(
    "市县乡书记抓基层党建述职评议考核", ["乡镇街道", "市直单位", "村", "社区"],
    node("R", "量化得分", 100, "composite",
         ballot("T", "述职评议", 30, {"leader": "0.4", "peer": "0.3", "delegate": "0.3"}, GOOD_OPTIONS),
         node("F", "实地考核", 50, "composite",
              mark("F1", "实地考察", 20), mark("F2", "查阅资料", 15), mark("F3", "综合分析", 15)),
         ballot("O", "民意调查", 20, {"public": 1})),
    GOOD, [thresholds(好="85", 较好="75", 一般="60", 差=None)])

PARTY = plan(
    "机关党建高质量考核", ["市直单位"],
    node("R", "总分", 100, "composite",
         node("W", "党建工作评分", 60, "composite",
              mark("W1", "落实党建责任", 20), mark("W2", "落实党建任务", 25), mark("W3", "创新特色品牌", 15)),
         ballot("A", "述职评议评分", 20, {"committee": "0.4", "peer": "0.3", "public": "0.3"}),
         node("D", "日常考核评价", 20, "deduct", items=None),
         node("B", "加分项", 5, "bonus", items=None), node("P", "减分项", 5, "penalty", items=None)),
    ["优秀", "先进", "达标", "不达标"],
    [thresholds(优秀="90", 先进="80", 达标="60", 不达标=None), set_to("poor_condition", "不达标"),
     limit("优秀", "0.30", "all")],
    facts=[("poor_condition", '明确规定的"差"情形', "bool")])

CIVIL = plan(
    "公务员年度考核", ["领导成员", "内设机构负责人", "其他人员"],
    node("R", "总分", 100, "composite",
         *(node(code, title, points, "composite",
                ballot(code + "1", "测评", f"{points}/2", options=STAFF_OPTIONS),
                mark(code + "2", "领导评价", f"{points}/2"))
           for code, title, points in (("DE", "德", 20), ("NENG", "能", 20), ("QIN", "勤", 15), ("JI", "绩", 35),
                                       ("LIAN", "廉", 10)))),
    FOUR,
    [exclude("leave_half_year or investigated or probation"),
     thresholds(优秀="85", 称职="70", 基本称职="60", 不称职=None), cap("periodic_good < 1", "称职"),
     limit("优秀", "0.20", "category")],
    facts=[("leave_half_year", "病事假累计超过半年", "bool"), ("investigated", "立案未结案", "bool"),
           ("probation", "试用期", "bool"), ("periodic_good", "平时考核好等次次数", "number")])

PLANS = {
    "district-2020": DISTRICT, "yinhai-2016": YINHAI, "finance-points": FINANCE, "finance-annual": FINANCE_ANNUAL,
    "bureau-annual": BUREAU, "subdistrict-quarterly": QUARTERLY, "subdistrict-annual": SUBDISTRICT_ANNUAL,
    "bank-midlevel": BANK, "farm-two-duties": FARM, "system-party-secretary": SYSTEM,
    "college-branch-secretary": COLLEGE, "community-secretary": COMMUNITY, "education-secretary": EDUCATION,
    "county-secretary": COUNTY, "party-building-quality": PARTY, "civil-servant-annual": CIVIL,
}


def walk(node):
    """The node and everything below it, in tree order."""
    yield node
    for child in node["children"]:
        yield from walk(child)


def leaves(plan):
    return [n for n in walk(plan["root"]) if n["method"] != "composite"]


def find(plan, code):
    return next((n for n in walk(plan["root"]) if n["code"] == code), None)
