import me.chanjar.weixin.mp.api.WxMpService;
import me.chanjar.weixin.mp.api.impl.WxMpServiceImpl;
import me.chanjar.weixin.mp.bean.result.WxMpUserList;
import me.chanjar.weixin.mp.config.WxMpHostConfig;
import me.chanjar.weixin.mp.config.impl.WxMpDefaultConfigImpl;

/** Counts the followers of an account through WeChat Keyring, and shows what they are called by. */
public final class Shop {
  public static void main(String[] arguments) throws Exception {
    WxMpDefaultConfigImpl config = new WxMpDefaultConfigImpl();
    config.setAppId(System.getenv("KEYRING_APPID"));
    // The key stands where the AppSecret stood, and the service where api.weixin.qq.com was.
    config.setSecret(System.getenv("KEYRING_KEY"));
    config.setHostConfig(WxMpHostConfig.builder().apiHost(System.getenv("KEYRING_URL")).build());

    WxMpService weixin = new WxMpServiceImpl();
    weixin.setWxMpConfigStorage(config);

    WxMpUserList followers = weixin.getUserService().userList(null);
    System.out.println(followers.getTotal() + " followers, the first is " + followers.getOpenids().get(0));
    System.exit(0);
  }
}
