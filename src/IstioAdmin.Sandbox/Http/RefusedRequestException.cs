namespace IstioAdmin.Sandbox.Http;

/// <summary>A request that is no proper HTTP/1.1; the connection ends with the answer to it.</summary>
/// <param name="status">The status code to answer with.</param>
/// <param name="message">What is wrong, for a person.</param>
internal sealed class RefusedRequestException(int status, string message) : Exception(message)
{
    /// <summary>The status code to answer with.</summary>
    public int Status { get; } = status;
}
