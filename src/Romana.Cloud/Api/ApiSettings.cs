using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Input;

namespace Romana.Cloud.Api;

/// <summary>Where the HTTP API listens and whom it lets in.</summary>
public sealed record ApiSettings(ListenAddress Listen)
{
    /// <summary>Wanted as `Authorization: Bearer TOKEN` from everybody; null: nobody is asked.</summary>
    public string? Token { get; init; }

    /// <summary>Served over TLS with it; null: plain HTTP.</summary>
    public X509Certificate2? Certificate { get; init; }

    public static readonly Option<string> ListenOption = new("--listen")
    {
        Description = "Where the HTTP API listens; another address than loopback asks for a token or a certificate",
        HelpName = "ADDR:PORT",
        DefaultValueFactory = _ => "127.0.0.1:9604",
    };

    public static readonly Option<string?> TokenFile = new("--api-token-file")
    {
        Description = "File with the token that every API request must carry (Authorization: Bearer TOKEN)",
        HelpName = "FILE",
    };

    public static readonly Option<string?> CertificateFile = new("--api-cert")
    {
        Description = "Certificate chain (PEM) with which the API serves TLS",
        HelpName = "FILE",
    };

    public static readonly Option<string?> KeyFile = new("--api-key")
    {
        Description = "Private key (PEM) of --api-cert",
        HelpName = "FILE",
    };

    public static void AddTo(Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        foreach (Option option in (Option[])[ListenOption, TokenFile, CertificateFile, KeyFile]) command.Add(option);
    }

    /// <summary>Reads the files; refuses an open door. Throws <see cref="CommandFailure"/>.</summary>
    public static ApiSettings Read(ParseResult parsed, Surroundings around)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        var listen = ListenAddress.Parse(parsed.GetRequiredValue(ListenOption));
        var token = parsed.GetValue(TokenFile) is { } file ? ReadToken(file, around) : null;
        var certificate = ReadCertificate(parsed.GetValue(CertificateFile), parsed.GetValue(KeyFile), around);
        if (!listen.IsLoopback && token is null && certificate is null)
        {
            throw CommandFailure.BadInput(
                $"--listen {listen} is not a loopback address, and nothing would keep strangers out",
                "add --api-token-file FILE, or --api-cert FILE with --api-key FILE, or listen on 127.0.0.1");
        }

        return new ApiSettings(listen) { Token = token, Certificate = certificate };
    }

    private static string ReadToken(string path, Surroundings around)
    {
        var token = InputFile.Read(path, around).Trim();
        if (token.Length is >= 16 and <= 4096 && token.All(c => c is > ' ' and <= '~')) return token;
        throw CommandFailure.BadInput(
            $"{path} does not hold a token: one line of 16 to 4096 visible ASCII characters is wanted",
            $"make one: openssl rand -hex 32 > {path}");
    }

    private static X509Certificate2? ReadCertificate(string? certificate, string? key, Surroundings around)
    {
        if (certificate is null && key is null) return null;
        if (certificate is null || key is null)
            throw CommandFailure.BadInput($"{(key is null ? "--api-cert is given without --api-key" : "--api-key is given without --api-cert")}", "give both");
        var (certificateText, keyText) = (InputFile.Read(certificate, around), InputFile.Read(key, around));
        try
        {
            using var pair = X509Certificate2.CreateFromPem(certificateText, keyText);
            // A key that lives only in memory cannot be used by every TLS backend; one that went through PKCS#12 can.
            return X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), null);
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            throw CommandFailure.BadInput($"{certificate} and {key} are not a certificate and its private key in PEM: {fault.Message}", "give the PEM files of one pair", fault);
        }
    }

    /// <summary>In time that does not depend on where the two differ.</summary>
    public bool Admits(string? presented) =>
        Token is null
        || (presented is not null
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(presented)), SHA256.HashData(Encoding.UTF8.GetBytes(Token))));
}
