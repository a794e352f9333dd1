"""Work that takes longer than a request: a table of jobs, a worker, and limited child processes that read uploads."""
