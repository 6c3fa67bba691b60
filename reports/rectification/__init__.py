"""The half-year circular (半年通报) on how problems of a ledger are put right: on a page, as Word and as Excel."""
