namespace IstioAdmin.Sandbox.Traffic.Applications;

/// <summary>An HTTP server in a pod.</summary>
internal interface IApplication
{
    /// <summary>Answers a request.</summary>
    /// <param name="calls">The pod that it runs in, and its way to others.</param>
    /// <param name="request">The request.</param>
    /// <param name="cancel">Nobody waits for the answer any more.</param>
    Task<MeshAnswer> AnswerAsync(ApplicationCalls calls, MeshRequest request, CancellationToken cancel);
}
