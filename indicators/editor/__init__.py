"""Forms made from the shape of a plan: any part of the plan language as inputs, and back.

`names.names_of` says what a draft offers for choice, `inputs.inputs` turns a part of it into inputs, and
`reading.read_post` what a browser posts back into raw values, which `reading.check` types.
"""
