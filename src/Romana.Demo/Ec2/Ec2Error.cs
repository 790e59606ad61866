namespace Romana.Demo.Ec2;

/// <summary>A refusal as EC2 spells it.</summary>
/// <param name="Status">HTTP status code.</param>
public sealed record Ec2Error(string Code, string Message, int Status = 400)
{
    public static Ec2Error NotFound(string code, string what, string id) => new(code, $"The {what} ID '{id}' does not exist");

    public static Ec2Error NoTable(string id) => NotFound("InvalidRouteTableID.NotFound", "routeTable", id);

    public static Ec2Error NoInterface(string id) => NotFound("InvalidNetworkInterfaceID.NotFound", "networkInterface", id);

    public static Ec2Error NoInstance(string id) => NotFound("InvalidInstanceID.NotFound", "instance", id);

    public static Ec2Error Missing(string parameter) =>
        new("MissingParameter", $"The request must contain the parameter {parameter}");

    public static Ec2Error BadValue(string message) => new("InvalidParameterValue", message);

    public static Ec2Error SeveralInterfaces(string instanceId) => new(
        "InvalidInstanceID",
        $"There are multiple interfaces attached to instance '{instanceId}'. Please specify an interface ID for the operation instead.");

    public static readonly Ec2Error Throttled = new("RequestLimitExceeded", "Request limit exceeded.", 503);

    public static readonly Ec2Error DryRun = new(
        "DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);

    public static Ec2Error Unauthorized(string action) => new(
        "UnauthorizedOperation",
        $"You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/demo is not authorized to perform: ec2:{action}",
        403);

    public static readonly Ec2Error BadCredentials = new(
        "AuthFailure", "AWS was not able to validate the provided access credentials", 401);
}

/// <summary>What a rule makes of a request.</summary>
public abstract record Outcome
{
    private Outcome()
    {
    }

    /// <param name="Made">Ids of what was created, for the answer.</param>
    public sealed record Done(AccountState State, params IReadOnlyList<string> Made) : Outcome;

    public sealed record Refused(Ec2Error Error) : Outcome;
}
