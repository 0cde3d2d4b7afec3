"""Imports and exports: upload, staged rows, checks, preview, commit, the workbook back."""
