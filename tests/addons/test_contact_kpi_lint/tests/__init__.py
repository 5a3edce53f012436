from . import test_lint, test_seams
