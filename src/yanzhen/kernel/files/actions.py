"""Actions of files in the trail."""

from yanzhen.kernel.trail.api import declare

STORED = declare("files.file.stored", "上传文件")
