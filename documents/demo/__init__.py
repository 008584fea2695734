"""The demo agency: invented people, invented papers, real rows and real files."""
