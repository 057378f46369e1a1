import com.google.gson.Gson;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import me.chanjar.weixin.common.bean.WxOAuth2UserInfo;
import me.chanjar.weixin.common.service.WxOAuth2Service;
import me.chanjar.weixin.mp.api.WxMpService;
import me.chanjar.weixin.mp.api.impl.WxMpServiceImpl;
import me.chanjar.weixin.mp.bean.material.WxMpMaterial;
import me.chanjar.weixin.mp.bean.message.WxMpXmlMessage;
import me.chanjar.weixin.mp.bean.result.WxMpUser;
import me.chanjar.weixin.mp.bean.result.WxMpUserList;
import me.chanjar.weixin.mp.bean.template.WxMpTemplateData;
import me.chanjar.weixin.mp.bean.template.WxMpTemplateMessage;
import me.chanjar.weixin.mp.config.WxMpHostConfig;
import me.chanjar.weixin.mp.config.impl.WxMpDefaultConfigImpl;

/**
 * WxJava, unmodified. test/sdks/setup.ts has what it is told, test/sdks/node/driver.ts what it answers.
 */
public final class Driver {
  private static final int CALLERS = 50;
  private static final PrintStream ANSWERS = System.out;
  private static final Gson JSON = new Gson();

  private record Setup(
      String base,
      String broker,
      String appid,
      String secret,
      List<String> openids,
      String template,
      String file,
      String code,
      Push push) {}

  private record Push(String token, String aesKey, Map<String, String> query, String body) {}

  private static Setup setup;
  private static WxMpDefaultConfigImpl config;
  private static WxMpService service;
  private static String mediaId;
  private static String materialId;

  public static void main(String[] arguments) throws Exception {
    // What libraries print must not stand between the answers.
    System.setOut(System.err);
    setup = JSON.fromJson(System.getenv("SDK_SETUP"), Setup.class);
    config = new WxMpDefaultConfigImpl();
    config.setAppId(setup.appid());
    if (setup.broker() == null) {
      config.setSecret(setup.secret());
    }
    config.setToken(setup.push().token());
    config.setAesKey(setup.push().aesKey());
    config.setHostConfig(WxMpHostConfig.builder().apiHost(setup.base()).build());
    service =
        setup.broker() == null
            ? new WxMpServiceImpl()
            : new KeyringService(URI.create(setup.broker() + "/"), setup.secret());
    service.setWxMpConfigStorage(config);

    for (Map.Entry<String, Callable<Object>> step : steps().entrySet()) {
      try {
        if (setup.broker() != null && step.getKey().equals("oauth")) {
          tell("step", "oauth", "missing", "an adapter brings no AppSecret");
        } else {
          tell("step", step.getKey(), "value", step.getValue().call());
        }
      } catch (Exception failed) {
        tell("step", step.getKey(), "error", failed.toString());
      }
    }
    tell("step", "armed");
    new BufferedReader(new InputStreamReader(System.in)).readLine();
    storm();
    System.exit(0);
  }

  private static Map<String, Callable<Object>> steps() {
    Map<String, Callable<Object>> steps = new LinkedHashMap<>();
    steps.put("token", () -> service.getAccessToken());
    steps.put("refresh", () -> service.getAccessToken(true));
    steps.put("followers", Driver::followers);
    steps.put("info", () -> service.getUserService().userInfo(setup.openids().get(0)).getOpenId());
    steps.put(
        "batch",
        () -> service.getUserService().userInfoList(setup.openids()).stream().map(WxMpUser::getOpenId).toList());
    steps.put("ticket", () -> service.getJsapiTicket());
    steps.put("template", Driver::template);
    steps.put(
        "upload",
        () -> mediaId = service.getMaterialService().mediaUpload("image", new File(setup.file())).getMediaId());
    steps.put(
        "download",
        () -> digest(Files.readAllBytes(service.getMaterialService().mediaDownload(mediaId).toPath())));
    steps.put("add material", Driver::addMaterial);
    steps.put("get material", Driver::getMaterial);
    steps.put("oauth", Driver::oauth);
    steps.put("push", Driver::push);
    return steps;
  }

  private static Object followers() throws Exception {
    List<String> openids = new ArrayList<>();
    WxMpUserList page = service.getUserService().userList(null);
    while (page.getCount() > 0) {
      openids.addAll(page.getOpenids());
      page = service.getUserService().userList(page.getNextOpenid());
    }
    return Map.of(
        "count", openids.size(),
        "distinct", new HashSet<>(openids).size(),
        "first", openids.get(0),
        "last", openids.get(openids.size() - 1));
  }

  private static Object template() throws Exception {
    WxMpTemplateMessage message =
        WxMpTemplateMessage.builder().toUser(setup.openids().get(0)).templateId(setup.template()).build();
    message.addData(new WxMpTemplateData("first", "Noon"));
    return Long.valueOf(service.getTemplateMsgService().sendTemplateMsg(message));
  }

  private static Object addMaterial() throws Exception {
    WxMpMaterial material = new WxMpMaterial("noon.png", new File(setup.file()), null, null);
    materialId = service.getMaterialService().materialFileUpload("image", material).getMediaId();
    return materialId;
  }

  private static Object getMaterial() throws Exception {
    try (InputStream content = service.getMaterialService().materialImageOrVoiceDownload(materialId)) {
      return digest(content.readAllBytes());
    }
  }

  private static Object oauth() throws Exception {
    WxOAuth2Service login = service.getOAuth2Service();
    WxOAuth2UserInfo user = login.getUserInfo(login.getAccessToken(setup.code()), null);
    return Map.of("openid", user.getOpenid(), "nickname", user.getNickname());
  }

  private static Object push() {
    Map<String, String> query = setup.push().query();
    WxMpXmlMessage message =
        WxMpXmlMessage.fromEncryptedXml(
            setup.push().body(), config, query.get("timestamp"), query.get("nonce"), query.get("msg_signature"));
    return Map.of("event", message.getEvent().toLowerCase(Locale.ROOT), "from", message.getFromUser());
  }

  private static void storm() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(CALLERS);
    List<Callable<Object>> calls = new ArrayList<>();
    for (int call = 0; call < CALLERS; call += 1) {
      calls.add(() -> service.getUserService().userInfo(setup.openids().get(0)));
    }
    List<String> failures = new ArrayList<>();
    for (Future<Object> call : threads.invokeAll(calls)) {
      try {
        call.get();
      } catch (Exception failed) {
        failures.add(failed.toString());
      }
    }
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("succeeded", CALLERS - failures.size());
    if (!failures.isEmpty()) {
      value.put("failure", failures.get(0));
    }
    tell("step", "storm", "value", value);
  }

  private static String digest(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private static void tell(Object... fields) {
    Map<Object, Object> line = new LinkedHashMap<>();
    for (int index = 0; index < fields.length; index += 2) {
      line.put(fields[index], fields[index + 1]);
    }
    ANSWERS.println(JSON.toJson(line));
    ANSWERS.flush();
  }
}
