"""The conformance pack: what a checker of this contract must report, as data, and how it is run.

`pack` loads the cases and the digest vectors, `runner` puts them to an implementation: this one (`answering`), or
one in any language that runs in a process of its own (`command`) and speaks the line protocol (`protocol`).
"""
