"""The duty report (述职报告) as the plan wants it: plain functions over texts, which know no database.

A draft's texts are one mapping: a section's key, or a mark before the key of something else that is written
beside the sections (see `layout`), to plain text. Its structure is that of Chinese official papers, which number
their headings and items: 一、（一）1.（1）. So nothing has to be sanitised but signs that nobody sees.
"""
