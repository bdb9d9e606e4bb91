namespace IstioAdmin.Core.Kube.Connecting.Credentials;

/// <summary>
/// A token in a file that somebody else renews; a pod's is replaced about every hour. The file is read for each request: it is small, and
/// watching it would have to follow the symbolic links by which Kubernetes swaps it.
/// </summary>
internal sealed class TokenFileCredentials : CredentialSource
{
    private readonly string _path;
    private readonly string _owner;
    private volatile string? _last;

    public TokenFileCredentials(string path, string owner)
    {
        _path = path;
        _owner = owner;
    }

    public override async ValueTask<Credential> GetAsync(CancellationToken cancel)
    {
        try
        {
            string token = (await File.ReadAllTextAsync(_path, cancel).ConfigureAwait(false)).Trim();
            if (token.Length > 0)
                _last = token;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In the middle of a swap the file may be away; the last token still serves.
            if (_last is null)
                throw Missing($"cannot be read: {e.Message}");
        }
        return Credential.Bearer(_last ?? throw Missing("is empty"));
    }

    private MeshException Missing(string why) => new(
        "TokenFileInvalid", FailureKind.Unauthenticated,
        $"The token file '{_path}' of {_owner} {why}",
        "Check the path and that whatever writes the token runs.", _path);
}
