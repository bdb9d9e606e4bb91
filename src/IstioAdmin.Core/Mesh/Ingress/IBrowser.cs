namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>The browser of whoever sits at this machine.</summary>
internal interface IBrowser
{
    /// <summary>Why there is none to be opened; null when there is.</summary>
    string? Obstacle { get; }

    /// <summary>Opens a page.</summary>
    /// <returns>Why it could not be opened; null when it was.</returns>
    Task<string?> OpenAsync(Uri url, CancellationToken cancel);
}
