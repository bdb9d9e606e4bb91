namespace IstioAdmin.Sandbox.Traffic.Applications;

/// <summary>An application that the sandbox does not know: says so.</summary>
/// <param name="image">Its image.</param>
internal sealed class UnknownApplication(string image) : IApplication
{
    public Task<MeshAnswer> AnswerAsync(ApplicationCalls calls, MeshRequest request, CancellationToken cancel) =>
        Task.FromResult(MeshAnswer.Text(501, $"The sandbox runs no images and knows only what Bookinfo's would answer, not {image}.\n"));
}
