"""Yanzhen 雁阵: the work of party building and rural revitalisation, from city to grid."""
