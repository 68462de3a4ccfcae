"""The demo company of the embedded default: its people, its teams, and what they lived through.

Nothing outside the commands `seed_demo` and `play_demo` and the tests imports this.
"""
