using System.Security.Cryptography.X509Certificates;

namespace IstioAdmin.Core.Kube.Connecting.Credentials;

/// <summary>Credentials that an exec plugin hands out. They are kept until they expire or the server refuses them; then the plugin runs again.</summary>
internal sealed class ExecCredentials : CredentialSource
{
    // A token that expires while its request is under way is as bad as one that has expired.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(15);

    private readonly ExecPlugin _plugin;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _running = new(1, 1);
    private volatile Held? _held;
    private X509Certificate2? _retired;

    public ExecCredentials(ExecPlugin plugin, TimeProvider? time = null)
    {
        _plugin = plugin;
        _time = time ?? TimeProvider.System;
    }

    public override bool RotatesCertificate => true;

    public override X509Certificate2? CurrentCertificate => _held?.Certificate?.Leaf ?? _retired;

    /// <summary>Receives what the plugin says on its standard error; device logins tell there what to do. Null: it is dropped.</summary>
    public Action<string>? Notice
    {
        get => _plugin.Notice;
        set => _plugin.Notice = value;
    }

    public override async ValueTask<Credential> GetAsync(CancellationToken cancel)
    {
        if (Usable() is { } credential)
            return credential;
        await _running.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (Usable() is { } renewed)
                return renewed;
            ExecAnswer answer = await _plugin.RunAsync(_time.GetUtcNow(), cancel).ConfigureAwait(false);
            var held = new Held(answer.Token is { } token ? Credential.Bearer(token) : new Credential(null), answer.Certificate, answer.Expires);
            _held = held;
            return held.Credential;
        }
        finally
        {
            _running.Release();
        }
    }

    public override bool Renew(Credential refused)
    {
        if (_held is { } held && ReferenceEquals(held.Credential, refused))
        {
            _retired = held.Certificate?.Leaf;
            _held = null;
        }
        return true;
    }

    public override void Dispose()
    {
        _held?.Certificate?.Dispose();
        _running.Dispose();
        base.Dispose();
    }

    private Credential? Usable() => _held is { } held && (held.Expires is not { } expires || _time.GetUtcNow() + Margin < expires) ? held.Credential : null;

    private sealed record Held(Credential Credential, ClientCertificate? Certificate, DateTimeOffset? Expires);
}
