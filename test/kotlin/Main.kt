/** Makes the calls of docs/clients.md against a running service, and prints what came of each. */
fun main(arguments: Array<String>) {
    val (baseUrl, apiKey) = arguments
    val keyring = Keyring(baseUrl, apiKey)
    val openids = keyring.openids(3).toList()
    println("openids ${openids.size} ${openids.toSet().size}")
    println("follower ${keyring.follower(openids.first()).getBoolean("subscribed")}")
    val token = keyring.token().getString("access_token")
    println("replaced ${keyring.reportToken("an-older-one").getString("access_token") == token}")
    try {
        Keyring(baseUrl, "wk_nobody").token()
    } catch (refusal: KeyringException) {
        println("refused ${refusal.status} ${refusal.code}")
    }
}
