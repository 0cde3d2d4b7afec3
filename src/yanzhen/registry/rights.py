"""Rights of the registers."""

from yanzhen.kernel.scope.api import declare

declare("units.view", "看组织与区划")
declare("units.manage", "维护组织与区划")
declare("people.view", "看人员与家庭")
declare("people.manage", "维护人员与家庭")
declare("people.unmask", "查看隐去的证件与电话")
declare("posts.view", "看岗位与权限", business=False)
declare("posts.propose", "提出岗位与权限变更", business=False)
declare("posts.approve", "审批岗位与权限变更", business=False)
