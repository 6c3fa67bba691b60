"""The roster: units and people from one Excel workbook. read → check → compare → apply.

Importing the same file twice changes nothing. Rows that the file does not have stay as they are, and so do columns
that a sheet does not have; an empty cell of a column that is there empties the field.
"""
