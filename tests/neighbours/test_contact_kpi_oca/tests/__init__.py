from . import test_edits
