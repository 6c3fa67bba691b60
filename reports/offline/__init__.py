"""Score sheets to be filled in without the browser (离线评分表): one Excel file per assessor, out and in again.

Out: `contents` (what an account enters, as the grid shows it) → `write`. The file keeps what each cell held when it was
made (`state`). In: `read` (file → cells) → `compare` (file, then, now: what is new, changed, in conflict, wrong) →
`uploads` (kept until its owner confirms; then saved by the services that the grid saves by).
"""
