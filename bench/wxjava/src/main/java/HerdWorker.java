import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import me.chanjar.weixin.mp.api.WxMpService;
import me.chanjar.weixin.mp.api.impl.WxMpServiceImpl;
import me.chanjar.weixin.mp.config.WxMpHostConfig;
import me.chanjar.weixin.mp.config.impl.WxMpRedissonConfigImpl;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/**
 * One process of WxJava, unmodified, with its token and its lock in Redis (Redisson). It takes a line for a command:
 * {@code setup APPID SECRET WECHAT-PORT REDIS-PORT STABLE}, {@code expire} and {@code call ID}, and answers
 * {@code ready}, or {@code ID ok} or {@code ID failed}.
 */
public final class HerdWorker {
  private static final PrintStream ANSWERS = System.out;
  private static final ExecutorService CALLERS = Executors.newCachedThreadPool();

  private static RedissonClient redis;
  private static WxMpRedissonConfigImpl config;
  private static WxMpService service;
  private static String url;

  public static void main(String[] arguments) throws IOException {
    // What libraries print must not stand between the answers.
    System.setOut(System.err);
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      String[] words = line.split(" ");
      switch (words[0]) {
        case "setup" -> {
          setUp(words);
          answer("ready");
        }
        // What the end of its time to live does to the value in Redis.
        case "expire" -> {
          config.expireAccessToken();
          answer("ready");
        }
        case "call" -> CALLERS.execute(() -> call(words[1]));
        default -> throw new IllegalArgumentException(words[0]);
      }
    }
    System.exit(0);
  }

  private static void setUp(String[] words) {
    if (redis == null) {
      Config addresses = new Config();
      addresses.useSingleServer().setAddress("redis://127.0.0.1:" + words[4]);
      redis = Redisson.create(addresses);
    }
    String wechat = "http://127.0.0.1:" + words[3];
    config = new WxMpRedissonConfigImpl(redis);
    config.setAppId(words[1]);
    config.setSecret(words[2]);
    config.useStableAccessToken(Boolean.parseBoolean(words[5]));
    config.setHostConfig(WxMpHostConfig.builder().apiHost(wechat).openHost(wechat).mpHost(wechat).build());
    service = new WxMpServiceImpl();
    service.setWxMpConfigStorage(config);
    url = wechat + "/cgi-bin/get_api_domain_ip";
  }

  private static void call(String id) {
    try {
      service.get(url, null);
      answer(id + " ok");
    } catch (Exception refused) {
      answer(id + " failed");
    }
  }

  private static synchronized void answer(String line) {
    ANSWERS.println(line);
    ANSWERS.flush();
  }
}
