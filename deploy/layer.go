package deploy

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// MaxUpload is the largest zip that Lambda takes in a request, for a function as for a layer.
const MaxUpload = 50 << 20

// Layer is what is published.
type Layer struct {
	Name         string
	Description  string
	License      string
	Architecture string // x86_64 or arm64
	Zip          []byte
}

// Published is a layer's version.
type Published struct {
	ARN string `json:"layerVersionArn"`
	New bool   `json:"new"` // false: the newest version was this one already
}

// PublishLayer publishes a version of the layer, unless the newest is the same zip.
func (a *Account) PublishLayer(ctx context.Context, l Layer) (Published, error) {
	if err := checkSize("the layer", l.Zip); err != nil {
		return Published{}, err
	}
	sum := codeSHA256(l.Zip)
	list, found, err := read(ctx, "lambda.ListLayerVersions", a.lambda.ListLayerVersions, &lambda.ListLayerVersionsInput{LayerName: &l.Name, MaxItems: aws.Int32(1)})
	if err != nil {
		return Published{}, err
	}
	if found && len(list.LayerVersions) > 0 {
		newest := list.LayerVersions[0]
		version, found, err := read(ctx, "lambda.GetLayerVersion", a.lambda.GetLayerVersion, &lambda.GetLayerVersionInput{LayerName: &l.Name, VersionNumber: aws.Int64(newest.Version)})
		if err != nil {
			return Published{}, err
		}
		if found && version.Content != nil && aws.ToString(version.Content.CodeSha256) == sum {
			return Published{ARN: aws.ToString(newest.LayerVersionArn)}, nil
		}
	}
	input := &lambda.PublishLayerVersionInput{
		LayerName: &l.Name, Description: &l.Description, LicenseInfo: &l.License,
		CompatibleRuntimes:      []types.Runtime{types.RuntimeProvidedal2023},
		CompatibleArchitectures: []types.Architecture{types.Architecture(l.Architecture)},
	}
	shown := *input
	input.Content = &types.LayerVersionContentInput{ZipFile: l.Zip}
	out, err := change(ctx, a, "lambda.PublishLayerVersion", uploadText("Content.ZipFile", l.Zip), shown,
		a.lambda.PublishLayerVersion, input, &lambda.PublishLayerVersionOutput{LayerVersionArn: aws.String("arn:aws:lambda:" + a.Region + ":ACCOUNT:layer:" + l.Name + ":VERSION")})
	if err != nil {
		return Published{}, err
	}
	return Published{ARN: aws.ToString(out.LayerVersionArn), New: true}, nil
}

// codeSHA256 is Lambda's form of a zip's digest.
func codeSHA256(zip []byte) string {
	sum := sha256.Sum256(zip)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func uploadText(member string, zip []byte) string {
	return fmt.Sprintf("%s: %s, sha256 %x", member, bytesText(int64(len(zip))), sha256.Sum256(zip))
}

func checkSize(what string, zip []byte) error {
	if len(zip) > MaxUpload {
		return fmt.Errorf("%s has %s, and Lambda takes %s in a request; move what is large (node_modules, lib) into a layer of its own",
			what, bytesText(int64(len(zip))), bytesText(MaxUpload))
	}
	return nil
}
