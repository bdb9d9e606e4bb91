using Polly;

namespace IstioAdmin.Core.Kube.Resilience;

/// <summary>Sends requests by <see cref="RetryRules"/>.</summary>
internal sealed class RetryHandler : DelegatingHandler
{
    private readonly RetryRules _rules;

    public RetryHandler(RetryRules rules) => _rules = rules;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // Content that is a stream could not be sent a second time.
        if (request.Content is { } content)
            await content.LoadIntoBufferAsync().ConfigureAwait(false);

        ResilienceContext context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false, cancellationToken);
        try
        {
            RetryRules.Attach(context, request);
            return await _rules.Pipeline.ExecuteAsync(
                static async (context, state) =>
                {
                    HttpResponseMessage response = await state.Handler.SendOnceAsync(state.Request, context.CancellationToken).ConfigureAwait(false);
                    state.Handler._rules.ServerAnswered();
                    return response;
                },
                context,
                (Handler: this, Request: request)).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancel) => base.SendAsync(request, cancel);
}
