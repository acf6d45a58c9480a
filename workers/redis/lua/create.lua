-- A new run; -1 when it exists already.
return create(0)
