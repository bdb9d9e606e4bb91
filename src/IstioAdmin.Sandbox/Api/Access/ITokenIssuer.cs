namespace IstioAdmin.Sandbox.Api.Access;

/// <summary>Makes the tokens by which service accounts are known.</summary>
internal interface ITokenIssuer
{
    /// <summary>A token that holds as long as the Secret that keeps it (type <c>kubernetes.io/service-account-token</c>).</summary>
    /// <param name="namespace">The namespace of account and Secret.</param>
    /// <param name="account">The account's name.</param>
    /// <param name="accountUid">The account's uid.</param>
    /// <param name="secret">The Secret's name.</param>
    string IssueForSecret(string @namespace, string account, string accountUid, string secret);

    /// <summary>A token that holds for a time (TokenRequest).</summary>
    /// <param name="namespace">The account's namespace.</param>
    /// <param name="account">The account's name.</param>
    /// <param name="accountUid">The account's uid.</param>
    /// <param name="lifetime">How long it holds.</param>
    /// <param name="audiences">For whom it is.</param>
    /// <param name="boundPod">Name and uid of the pod with which it ends; null for none.</param>
    /// <returns>The token and its end.</returns>
    (string Token, DateTimeOffset Expires) Issue(
        string @namespace, string account, string accountUid, TimeSpan lifetime, IReadOnlyList<string> audiences, (string Name, string Uid)? boundPod = null);
}
