"""The pool: which instance serves a request, by the rules of a platform; the same in virtual and in real time."""
