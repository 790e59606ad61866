using Amazon;
using Amazon.EC2;
using Amazon.Extensions.NETCore.Setup;
using Amazon.Runtime;

namespace Romana.Cloud.Aws;

/// <summary>Makes the SDK's client: credentials and region by the SDK's own chain, retries ours.</summary>
public static class Ec2Client
{
    /// <param name="endpoint">Another EC2 endpoint; null for AWS's own.</param>
    /// <exception cref="Ec2UnavailableException">No region, no credentials.</exception>
    public static IAmazonEC2 Create(string? region, string? endpoint) => Create(region, endpoint, null);

    /// <param name="credentials">Null: by the SDK's own chain.</param>
    public static IAmazonEC2 Create(string? region, string? endpoint, AWSCredentials? credentials)
    {
        // Else every empty list of a reply is null.
        AWSConfigs.InitializeCollections = true;
        var options = new AWSOptions { Credentials = credentials };
        options.DefaultClientConfig.MaxErrorRetry = 0;

        // Counted apart from the errors, ten by default: a call whose answer was lost would go out again behind our back.
        options.DefaultClientConfig.MaxStaleConnectionRetries = 0;
        options.DefaultClientConfig.RetryMode = RequestRetryMode.Standard;
        if (region is not null) options.Region = RegionEndpoint.GetBySystemName(region);
        if (endpoint is not null) Redirect(options.DefaultClientConfig, endpoint, region);
        try
        {
            return options.CreateServiceClient<IAmazonEC2>();
        }
        catch (AmazonClientException error)
        {
            throw Explain(error);
        }
    }

    /// <summary>Where the client's requests go, for messages.</summary>
    public static string Where(IAmazonEC2 client) =>
        client.Config?.ServiceURL ?? client.Config?.RegionEndpoint?.SystemName ?? "AWS";

    private static void Redirect(DefaultClientConfig config, string endpoint, string? region)
    {
        config.ServiceURL = endpoint;
        config.AuthenticationRegion = region ?? Environment.GetEnvironmentVariable("AWS_REGION") ?? "us-east-1";
    }

    private static Ec2UnavailableException Explain(AmazonClientException error) =>
        error.Message.Contains("RegionEndpoint", StringComparison.Ordinal)
            ? new("no AWS region is set: give --region, or set AWS_REGION", error)
            : new($"no AWS credentials found ({Ec2Errors.Brief(error.Message)}): set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run with an instance or pod role", error) { Unauthorized = true };
}
