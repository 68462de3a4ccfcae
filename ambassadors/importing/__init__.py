"""Courses and questions from files: all of it, or errors by line and nothing."""

from ambassadors.importing.refusals import FileError, FileRefused

__all__ = ["FileError", "FileRefused"]
