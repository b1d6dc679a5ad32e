-- Without a list of what is still to be indexed: a search reads all of that list, and the planner, which
-- knows how long it is, reads all documents instead. Documents are made anew so rarely that nobody
-- notices it costs more.
alter index listings_document set (fastupdate = off);
