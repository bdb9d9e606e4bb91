using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Applying;

/// <summary>One way to make an object as a manifest says.</summary>
internal interface IApplyRequest
{
    /// <summary>Applies.</summary>
    /// <param name="before">The object as it was looked at; null when it was not there.</param>
    /// <param name="bound">Whether it must still be as it was looked at, unless the manifest itself demands a version.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <returns>The object afterwards, and whether it is new.</returns>
    /// <exception cref="StaleObjectException">It is not as it was looked at any more.</exception>
    /// <exception cref="ApplyConflictException">Other managers own some of the fields.</exception>
    /// <exception cref="MeshException">The server could not be reached or refused.</exception>
    Task<(JsonObject Object, bool Created)> SendAsync(JsonObject? before, bool bound, CancellationToken cancel);
}
