namespace IstioAdmin.Sandbox.Controllers;

/// <summary>What the controller of service accounts writes into Secrets.</summary>
/// <param name="Authority">The certificate of the authority that the API server's own is by, PEM.</param>
/// <param name="Issue">Makes a token that holds as long as its Secret: by namespace, account, the account's uid, and the Secret's name.</param>
internal sealed record AccountTokens(string Authority, Func<string, string, string, string, Task<string>> Issue);
