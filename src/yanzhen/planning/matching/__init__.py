"""Talent matching 两单合一: the list of needs and the list of specialists become one."""
