"""Standards in the app: shown, copied, edited in a form or as a file, judged by, and compared verdict by verdict."""
