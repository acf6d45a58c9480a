-- A new run. ARGV: 1 the step as JSON (see write_step), then its texts. Returns as `create` in write_step.
return create(cjson.decode(ARGV[1]))
