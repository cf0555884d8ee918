"""Whose orders may the bearer of this token read?"""
