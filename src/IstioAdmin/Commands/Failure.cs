using System.Management.Automation;
using IstioAdmin.Core;

namespace IstioAdmin.Commands;

/// <summary>The one place where a failure becomes an <see cref="ErrorRecord"/>.</summary>
internal static class Failure
{
    private const string ReportIt = "This is a defect of IstioAdmin. Please report it with the output of 'Get-Error'.";

    /// <summary>The record for a failure.</summary>
    /// <param name="failure">What happened.</param>
    /// <param name="target">What the command was working on, for failures that do not know it themselves.</param>
    public static ErrorRecord ToErrorRecord(Exception failure, object? target) => failure switch
    {
        AggregateException { InnerExceptions: [var only] } => ToErrorRecord(only, target),
        MeshException known => Record(known, known.ErrorId, CategoryOf(known.Kind), known.Target ?? target, known.Message, known.Remedy),
        OperationCanceledException or TimeoutException => Record(failure, "TimedOut", ErrorCategory.OperationTimeout, target, "The operation took too long.", "Try again, with a longer -Timeout where the command has one."),
        IContainsErrorRecord { ErrorRecord: { } record } => new ErrorRecord(record, failure),
        _ => Record(failure, "Unexpected", ErrorCategory.NotSpecified, target, $"Unexpected {failure.GetType().FullName}: {failure.Message}", ReportIt),
    };

    private static ErrorRecord Record(Exception failure, string id, ErrorCategory category, object? target, string message, string? remedy) =>
        new(failure, id, category, target) { ErrorDetails = new ErrorDetails(message) { RecommendedAction = remedy ?? string.Empty } };

    private static ErrorCategory CategoryOf(FailureKind kind) => kind switch
    {
        FailureKind.InvalidInput => ErrorCategory.InvalidArgument,
        FailureKind.NotFound => ErrorCategory.ObjectNotFound,
        FailureKind.Connection => ErrorCategory.ConnectionError,
        FailureKind.Unauthenticated => ErrorCategory.AuthenticationError,
        FailureKind.Forbidden => ErrorCategory.PermissionDenied,
        FailureKind.Conflict => ErrorCategory.ResourceBusy,
        FailureKind.Rejected => ErrorCategory.InvalidData,
        FailureKind.Timeout => ErrorCategory.OperationTimeout,
        FailureKind.Unavailable => ErrorCategory.ResourceUnavailable,
        FailureKind.InvalidResponse => ErrorCategory.ProtocolError,
        FailureKind.NotSupported => ErrorCategory.NotEnabled,
        FailureKind.Other => ErrorCategory.NotSpecified,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A kind of failure without a category."),
    };
}
