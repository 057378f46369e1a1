// What operators read in Chinese in the place of the names by which is counted, in the console and the command line.

/** How somebody came to follow: WeChat's `subscribe_scene`. */
export const sceneNames: Readonly<Record<string, string>> = {
  ADD_SCENE_SEARCH: '搜索公众号',
  ADD_SCENE_ACCOUNT_MIGRATION: '公众号迁移',
  ADD_SCENE_PROFILE_CARD: '名片分享',
  ADD_SCENE_QR_CODE: '扫描二维码',
  ADD_SCENE_PROFILE_LINK: '图文页内名称点击',
  ADD_SCENE_PROFILE_ITEM: '图文页右上角菜单',
  ADD_SCENE_PAID: '支付后关注',
  ADD_SCENE_WECHAT_ADVERTISEMENT: '微信广告',
  ADD_SCENE_REPRINT: '他人转载',
  ADD_SCENE_LIVESTREAM: '视频号直播',
  ADD_SCENE_CHANNELS: '视频号',
  ADD_SCENE_WXA: '小程序关注',
  ADD_SCENE_OTHERS: '其他',
};

/** How logins ended. */
export const loginNames: Readonly<Record<string, string>> = {
  granted: '已授权',
  refused: '用户拒绝',
  snapshot: '快照页',
};

/** What became of pushes. */
export const pushNames: Readonly<Record<string, string>> = {
  handled: '已处理',
  unconfirmed: '微信未证实',
  repeated: '重复',
  failed: '处理失败',
};
