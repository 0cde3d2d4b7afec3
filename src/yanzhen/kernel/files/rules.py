"""Rules of files."""

from yanzhen.kernel.rulebook.api import declare

MAX_MB = declare(
    "files.max_mb",
    "单个文件大小上限",
    type="int",
    default=20,
    measure="MB",
    basis="系统默认（部署参数 YANZHEN_UPLOAD_MB 为总上限）",
    mark="default",
    dims=("purpose",),
    minimum=1,
    maximum=500,
)
IMAGE_EDGE = declare(
    "files.image_edge",
    "图片保存的最大边长",
    type="int",
    default=2560,
    measure="像素",
    basis="个人信息保护法第六条（最小必要）；系统默认",
    mark="default",
    minimum=400,
    maximum=8000,
)
