using System.Security.Cryptography;
using System.Text;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Access;

/// <summary>Tells who asks, by bearer tokens.</summary>
/// <param name="administratorToken">The token of the sandbox's administrator, who may do everything.</param>
/// <param name="accounts">The tokens of service accounts.</param>
internal sealed class Authenticator(string administratorToken, ServiceAccountTokens accounts)
{
    private static readonly ApiUser Administrator = new("kubernetes-admin", "", [ApiUser.Masters, ApiUser.Authenticated]);

    private readonly byte[] _administrator = Encoding.UTF8.GetBytes(administratorToken);

    /// <summary>A token nobody can guess.</summary>
    public static string CreateToken() => Convert.ToHexString(RandomNumberGenerator.GetBytes(24)).ToLowerInvariant();

    /// <summary>Who asks; somebody anonymous without a token.</summary>
    /// <exception cref="ApiException">401: the token is not known.</exception>
    public ApiUser Authenticate(HttpExchange exchange)
    {
        if (exchange.Headers.TryGetValue("Authorization", out string? authorization))
        {
            string[] parts = authorization.Trim().Split(' ', 2, StringSplitOptions.RemoveEmptyEntries);
            return parts is [var scheme, var token] && scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)
                ? Find(token.Trim()) ?? throw Refusals.Unauthorized()
                : ApiUser.Anonymous;
        }
        return ApiUser.Anonymous;
    }

    /// <summary>Whose token it is; null when it is not known.</summary>
    public ApiUser? Find(string token) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), _administrator)
        ? Administrator
        : accounts.Find(token);
}
