"""Files and forms of votes on paper: ballots for Word, counting sheets and the summary form for Excel."""
