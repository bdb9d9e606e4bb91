using IstioAdmin.Core.Mesh.Ingress;

namespace IstioAdmin.Core.Tests.Mesh.Ingress;

/// <summary>A browser that keeps the addresses which it was sent to; none by default.</summary>
internal sealed class FakeBrowser : IBrowser
{
    public List<Uri> Opened { get; } = [];

    public string? Obstacle { get; set; } = "nobody is there";

    public string? Failure { get; set; }

    public Task<string?> OpenAsync(Uri url, CancellationToken cancel)
    {
        Opened.Add(url);
        return Task.FromResult(Failure);
    }
}
