using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Access;

/// <summary>
/// Service accounts' tokens: JSON Web Tokens with Kubernetes' claims (<c>kubernetes/pkg/serviceaccount</c>), signed with a key of the sandbox.
/// </summary>
/// <param name="key">The key; whoever has it can be any service account.</param>
/// <param name="objects">The accounts, Secrets and pods that tokens hang on.</param>
/// <param name="time">Tells the time.</param>
internal sealed class ServiceAccountTokens(byte[] key, IObjectReader objects, TimeProvider time) : ITokenIssuer
{
    /// <summary>Who issues the tokens, and for whom they are where nothing else is said.</summary>
    public const string Issuer = "https://kubernetes.default.svc";

    private const string SecretIssuer = "kubernetes/serviceaccount";
    private const string Claims = "kubernetes.io/serviceaccount/";
    private static readonly string Header = Encode("""{"alg":"HS256","typ":"JWT"}"""u8);

    /// <summary>A key to sign with.</summary>
    public static byte[] CreateKey() => RandomNumberGenerator.GetBytes(32);

    public string IssueForSecret(string @namespace, string account, string accountUid, string secret) => Sign(new JsonObject
    {
        ["iss"] = SecretIssuer,
        [Claims + "namespace"] = @namespace,
        [Claims + "secret.name"] = secret,
        [Claims + "service-account.name"] = account,
        [Claims + "service-account.uid"] = accountUid,
        ["sub"] = NameOf(@namespace, account),
    });

    public (string Token, DateTimeOffset Expires) Issue(
        string @namespace, string account, string accountUid, TimeSpan lifetime, IReadOnlyList<string> audiences, (string Name, string Uid)? boundPod = null)
    {
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        long end = now + (long)lifetime.TotalSeconds;
        var about = new JsonObject
        {
            ["namespace"] = @namespace,
            ["serviceaccount"] = new JsonObject { ["name"] = account, ["uid"] = accountUid },
        };
        if (boundPod is { } pod)
            about["pod"] = new JsonObject { ["name"] = pod.Name, ["uid"] = pod.Uid };
        string token = Sign(new JsonObject
        {
            ["aud"] = new JsonArray([.. audiences.Select(audience => JsonValue.Create(audience))]),
            ["exp"] = end,
            ["iat"] = now,
            ["iss"] = Issuer,
            ["jti"] = Guid.NewGuid().ToString(),
            ["kubernetes.io"] = about,
            ["nbf"] = now,
            ["sub"] = NameOf(@namespace, account),
        });
        return (token, DateTimeOffset.FromUnixTimeSeconds(end));
    }

    /// <summary>Whose token it is; null when it is none of ours, over, for somebody else, or what it hangs on is gone.</summary>
    public ApiUser? Find(string token)
    {
        if (Open(token) is not { } claims)
            return null;
        return claims.TextAt("iss") == Issuer ? FindRequested(claims) : FindKept(claims, token);
    }

    private ApiUser? FindRequested(JsonObject claims)
    {
        if (claims["exp"]?.GetValue<long>() is not { } end || end <= time.GetUtcNow().ToUnixTimeSeconds() || !claims.TextsAt("aud").Contains(Issuer))
            return null;
        JsonNode? about = claims["kubernetes.io"];
        string @namespace = about.TextAt("namespace") ?? "";
        if (about.At("pod") is { } pod && objects.Find("", "pods", @namespace, pod.TextAt("name") ?? "").TextAt("metadata.uid") != pod.TextAt("uid"))
            return null;
        return User(@namespace, about.TextAt("serviceaccount.name"), about.TextAt("serviceaccount.uid"));
    }

    private ApiUser? FindKept(JsonObject claims, string token)
    {
        string @namespace = claims[Claims + "namespace"].Text() ?? "";
        JsonObject? secret = objects.Find("", "secrets", @namespace, claims[Claims + "secret.name"].Text() ?? "");
        if (secret is null || secret.At("metadata.deletionTimestamp") is not null || secret.At("data", "token").Text() is not { } kept)
            return null;
        // As written, it is base64 of the token.
        return kept == Convert.ToBase64String(Encoding.UTF8.GetBytes(token))
            ? User(@namespace, claims[Claims + "service-account.name"].Text(), claims[Claims + "service-account.uid"].Text())
            : null;
    }

    private ApiUser? User(string @namespace, string? account, string? uid)
    {
        if (account is null || uid is null || objects.Find("", "serviceaccounts", @namespace, account).TextAt("metadata.uid") != uid)
            return null;
        return new ApiUser(NameOf(@namespace, account), uid, [.. Groups(@namespace), ApiUser.Authenticated]);
    }

    /// <summary>The user that a service account is.</summary>
    public static string NameOf(string @namespace, string account) => $"system:serviceaccount:{@namespace}:{account}";

    /// <summary>The groups that a service account is in, <c>system:authenticated</c> apart.</summary>
    public static string[] Groups(string @namespace) => ["system:serviceaccounts", $"system:serviceaccounts:{@namespace}"];

    private string Sign(JsonObject claims)
    {
        string content = $"{Header}.{Encode(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return $"{content}.{Encode(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(content)))}";
    }

    private JsonObject? Open(string token)
    {
        int dot = token.LastIndexOf('.');
        if (dot < 0 || Decode(token[(dot + 1)..]) is not { } signature
            || !CryptographicOperations.FixedTimeEquals(signature, HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(token[..dot]))))
            return null;
        // Signed by us, so made by us.
        return JsonNode.Parse(Decode(token.Split('.')[1])!) as JsonObject;
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static byte[]? Decode(string text)
    {
        var bytes = new byte[text.Length];
        string padded = text.Replace('-', '+').Replace('_', '/').PadRight((text.Length + 3) / 4 * 4, '=');
        return Convert.TryFromBase64String(padded, bytes, out int length) ? bytes[..length] : null;
    }
}
