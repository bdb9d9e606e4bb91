using System.Text;
using System.Text.Json;
using IstioAdmin.Core.Kube.Failures;

namespace IstioAdmin.Core.Pke.Failures;

/// <summary>A 2xx answer whose body is not what the API promises.</summary>
internal static class AnswerFailures
{
    public static PipelineException NotJson(PipelineClient client, string about, byte[] body, JsonException cause, bool confidential)
    {
        string text = Encoding.UTF8.GetString(body);
        if (Excerpt.LooksLikeHtml(text))
        {
            return Failure(client, "PipelineAnswerIsHtml", about, $"a web page came back instead of the API's answer: \"{Excerpt.Of(client.WithoutToken(text))}\"",
                "The address leads to a web page (a login page, or a proxy that wants to be asked first), not to Pipeline's API; correct -Endpoint or the proxy.", cause);
        }
        return ResponseFailure.EndsEarly(cause)
            ? Failure(client, "PipelineAnswerTruncated", about, "the answer stops before the end of its JSON.",
                "Run the command again; if it stays so, look at proxies between here and Pipeline.", cause)
            : Failure(client, "PipelineAnswerInvalid", about, confidential ? "the answer is not JSON." : $"the answer is not JSON: \"{Excerpt.Of(client.WithoutToken(text))}\"",
                "Check that -Endpoint is the address of Pipeline's API and that nothing between rewrites its answers.", cause);
    }

    /// <summary>JSON, but not with the fields that the API description has.</summary>
    public static PipelineException Unexpected(PipelineClient client, string about, string what) =>
        Failure(client, "PipelineAnswerInvalid", about, $"the answer {what}.",
            "Check that -Endpoint is the address of Pipeline's API, and the version of Pipeline.", null);

    public static PipelineException TooLong(PipelineClient client, string about, int limit) =>
        Failure(client, "PipelineAnswerInvalid", about, $"the answer is longer than {limit / 1024 / 1024} MiB.",
            "Check that -Endpoint is the address of Pipeline's API.", null);

    private static PipelineException Failure(PipelineClient client, string id, string about, string what, string remedy, Exception? cause) =>
        new(id, FailureKind.InvalidResponse, $"{client.Endpoint.Name()}: could not {about}: {what}", remedy, about, cause);
}
