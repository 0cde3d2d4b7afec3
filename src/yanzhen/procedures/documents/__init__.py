"""Documents of a procedure in Word and PDF: what stands in them (``papers``), how Word (``word``) and PDF (``pdf``) draw it.

Layout after GB/T 9704-2012 (party and government documents): A4, margins 37/35/28/26 mm, title 小标宋 22 pt, text 仿宋 16 pt on
28 pt lines. The fonts are named in the templates and not shipped; a machine without them uses its Song or Noto Serif.
"""
