"""Reads files, checks them, chooses and makes the fixes, verifies the result and reports: one module a step.

`run` calls the steps for every file of a run; nothing here prints or writes.
"""
