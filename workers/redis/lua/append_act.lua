-- Writes an act into the audit log. ARGV: 1 the record as JSON, 2 its sha256. Returns the number and digest of the entry.
return append_act(ARGV[1], ARGV[2])
