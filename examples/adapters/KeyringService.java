import com.google.gson.Gson;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import me.chanjar.weixin.mp.api.impl.WxMpServiceImpl;

/**
 * WxJava with the token of WeChat Keyring. Its configuration has the appid, and no AppSecret. WxJava keeps a token that
 * WeChat has rejected until it asks for the next one, so that one can be reported.
 */
public final class KeyringService extends WxMpServiceImpl {
  private final HttpClient http = HttpClient.newHttpClient();
  private final URI account;
  private final String key;

  /** {@code account} is such as https://keyring.example.com/v1/accounts/default/, {@code key} has token:read. */
  public KeyringService(URI account, String key) {
    this.account = account;
    this.key = key;
  }

  @Override
  protected String doGetAccessTokenRequest() throws IOException {
    String last = getWxMpConfigStorage().getAccessToken();
    HttpRequest.Builder request = HttpRequest.newBuilder().header("Authorization", "Bearer " + key);
    if (last == null) {
      request.uri(account.resolve("token"));
    } else {
      String report = new Gson().toJson(Map.of("access_token", last));
      request
          .uri(account.resolve("token/report"))
          .header("Content-Type", "application/json")
          .POST(HttpRequest.BodyPublishers.ofString(report));
    }
    try {
      HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new IOException("The token broker answered " + answer.statusCode() + ".");
      }
      return answer.body();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException(interrupted);
    }
  }
}
