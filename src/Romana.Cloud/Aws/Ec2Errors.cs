using System.Net;
using System.Net.Sockets;
using Amazon.EC2;
using Amazon.Runtime;

namespace Romana.Cloud.Aws;

/// <summary>EC2's error codes and the SDK's exceptions as closed values and as words for people.</summary>
internal static class Ec2Errors
{
    public static bool IsThrottle(Exception error) =>
        error is AmazonServiceException { ErrorCode: "RequestLimitExceeded" or "Throttling" or "ThrottlingException" };

    /// <summary>Worth asking again: throttled, a fault of EC2's own, or no answer at all.</summary>
    public static bool IsPassing(Exception error) =>
        IsThrottle(error) || IsLost(error) || error is OperationCanceledException;

    public static MutationOutcome Classify(Exception error)
    {
        if (error is not AmazonServiceException { ErrorCode.Length: > 0 } refusal || IsLost(error))
            return IsCredentials(error)
                ? new(OutcomeKind.Unauthorized, error.Message)
                : new(OutcomeKind.Unknown, Reason(error));
        var kind = refusal.ErrorCode switch
        {
            "RouteAlreadyExists" => OutcomeKind.RouteExists,
            "InvalidRoute.NotFound" => OutcomeKind.RouteMissing,
            "InvalidParameterValue" when refusal.Message.Contains("no route defined", StringComparison.OrdinalIgnoreCase) =>
                OutcomeKind.RouteMissing,
            "RouteLimitExceeded" => OutcomeKind.LimitExceeded,
            "InvalidRouteTableID.NotFound" => OutcomeKind.TableMissing,
            "InvalidNetworkInterfaceID.NotFound" or "InvalidInstanceID.NotFound" => OutcomeKind.TargetMissing,
            "IncorrectInstanceState" or "IncorrectState" => OutcomeKind.TargetUnhealthy,
            _ when IsThrottle(error) => OutcomeKind.Throttled,
            _ when IsUnauthorized(refusal) => OutcomeKind.Unauthorized,
            _ => OutcomeKind.Refused,
        };
        return new(kind, $"{refusal.ErrorCode}: {refusal.Message}") { Code = refusal.ErrorCode };
    }

    /// <summary>A describe that failed for good, as one message with the remedy.</summary>
    public static Ec2UnavailableException Explain(Exception error, string action, string where)
    {
        if (IsCredentials(error))
            return new($"no AWS credentials found for {action}: set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run with an instance or pod role", error) { Unauthorized = true };
        if (error is AmazonServiceException { ErrorCode.Length: > 0 } refusal && !IsLost(error))
            return Explain(refusal, action, where);
        return new($"EC2 at {where} did not answer {action} ({Reason(error)}): check the network, --region and --endpoint", error);
    }

    private static Ec2UnavailableException Explain(AmazonServiceException refusal, string action, string where)
    {
        var remedy = refusal.ErrorCode switch
        {
            "UnauthorizedOperation" => $"allow ec2:{action} to this role",
            "InvalidVpcID.NotFound" => "check --vpc and --region",
            _ when IsUnauthorized(refusal) => "the credentials are wrong or have expired: check AWS_PROFILE, the keys, and the clock of this machine",
            _ when IsThrottle(refusal) => "EC2 throttles this account: look for other callers; the controller tries again by itself",
            _ => "see EC2's error codes",
        };
        return new($"EC2 at {where} refused {action}: {refusal.ErrorCode}: {refusal.Message}: {remedy}", refusal)
        {
            Unauthorized = IsUnauthorized(refusal),
            Code = refusal.ErrorCode,
        };
    }

    private static bool IsUnauthorized(AmazonServiceException refusal) => refusal.ErrorCode is
        "UnauthorizedOperation" or "AuthFailure" or "AccessDenied" or "AccessDeniedException" or "InvalidClientTokenId"
        or "SignatureDoesNotMatch" or "ExpiredToken" or "ExpiredTokenException" or "RequestExpired" or "OptInRequired"
        or "UnrecognizedClientException" or "MissingAuthenticationToken" or "IncompleteSignature" or "Blocked";

    /// <summary>It may have happened: EC2 failed while it worked on it, or nothing came back.</summary>
    private static bool IsLost(Exception error) => error switch
    {
        AmazonServiceException { ErrorCode: "InternalError" or "InternalFailure" or "Unavailable" or "ServiceUnavailable" } => true,
        AmazonServiceException service when IsThrottle(service) => false,
        AmazonServiceException { StatusCode: >= HttpStatusCode.InternalServerError } => true,
        AmazonServiceException { InnerException: HttpRequestException or SocketException or IOException or WebException } => true,
        HttpRequestException or SocketException or IOException or WebException => true,
        AmazonServiceException { ErrorCode: null or "" } => true,
        _ => false,
    };

    private static bool IsCredentials(Exception error) =>
        error is AmazonClientException
        && (error.Message.Contains("credential", StringComparison.OrdinalIgnoreCase)
            || error.Message.Contains("Metadata Service", StringComparison.OrdinalIgnoreCase));

    /// <summary>The SDK goes on to tell of every place where it looked, one exception after the other.</summary>
    public static string Brief(string message)
    {
        var cut = message.IndexOf(" The credential providers used", StringComparison.Ordinal);
        return cut < 0 ? message : message[..cut].TrimEnd('.');
    }

    private static string Reason(Exception error)
    {
        if (error is OperationCanceledException) return "timed out";
        var deepest = error.GetBaseException();
        return error is AmazonEC2Exception { ErrorCode.Length: > 0 } coded ? $"{coded.ErrorCode}: {coded.Message}" : deepest.Message;
    }
}
