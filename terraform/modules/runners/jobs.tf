# What jobs may do in AWS: a job proves by GitLab's own token which project and branch it is of, and takes a role for an
# hour. No key of this account is stored anywhere.

locals {
  issuer = replace(var.gitlab.url, "https://", "")
  roles = {
    plan   = { subject = local.anywhere, managed = "ReadOnlyAccess" }
    deploy = { subject = local.main, managed = "PowerUserAccess" }
    review = { subject = var.reviews ? local.anywhere : local.main, managed = null }
  }
  anywhere = "project_path:${var.gitlab.project}:*"
  main     = "project_path:${var.gitlab.project}:ref_type:branch:ref:${var.gitlab.branch}"
}

resource "aws_iam_openid_connect_provider" "gitlab" {
  url            = var.gitlab.url
  client_id_list = [var.gitlab.url]
}

resource "aws_iam_role" "job" {
  for_each             = local.roles
  name                 = "${var.name}-${each.key}"
  max_session_duration = 3600
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "arn:aws:iam::${var.account_id}:oidc-provider/${local.issuer}" }
      Condition = {
        StringEquals = { "${local.issuer}:aud" = var.gitlab.url }
        StringLike   = { "${local.issuer}:sub" = each.value.subject }
      }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "job" {
  for_each   = { for name, each in local.roles : name => each if each.managed != null }
  role       = aws_iam_role.job[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/${each.value.managed}"
}

# A plan reads everything but data and secrets, and locks the state while it looks.
resource "aws_iam_role_policy" "plan" {
  name = "plan"
  role = aws_iam_role.job["plan"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
        Resource = "arn:aws:s3:::${var.state_bucket}/*.tflock"
      },
      {
        Effect   = "Deny"
        Action   = "s3:GetObject"
        Resource = "arn:aws:s3:::${var.name}-landing/*"
      },
    ]
  })
}

# What compares or builds in the warehouse and in Airbyte has the logins for it. A merge request is a draft, so it
# gets them in an environment that is for drafts, and nowhere else.
resource "aws_iam_role_policy" "review" {
  name = "review"
  role = aws_iam_role.job["review"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = [for part in ["connections/*", "pods/warehouse-*"] : "arn:aws:secretsmanager:${var.region}:${var.account_id}:secret:assay/${part}"]
      },
      {
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = "arn:aws:kms:${var.region}:${var.account_id}:key/*"
        Condition = { "ForAnyValue:StringEquals" = { "kms:ResourceAliases" = "alias/${var.name}-secrets" } }
      },
    ]
  })
}

# What power users lack, for the platform's own roles and no others.
resource "aws_iam_role_policy" "deploy" {
  name = "deploy"
  role = aws_iam_role.job["deploy"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Action = [
          "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy",
          "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole",
          "iam:ListRolePolicies", "iam:PassRole", "iam:PutRolePolicy", "iam:TagRole", "iam:UpdateAssumeRolePolicy",
        ]
        Resource = "arn:aws:iam::${var.account_id}:role/${var.name}-*"
      },
      {
        Effect = "Allow"
        Action = [
          "iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "iam:DeleteInstanceProfile",
          "iam:GetInstanceProfile", "iam:RemoveRoleFromInstanceProfile",
        ]
        Resource = "arn:aws:iam::${var.account_id}:instance-profile/${var.name}-*"
      },
      {
        Effect = "Allow"
        Action = [
          "iam:CreateOpenIDConnectProvider", "iam:DeleteOpenIDConnectProvider", "iam:GetOpenIDConnectProvider",
          "iam:TagOpenIDConnectProvider", "iam:UpdateOpenIDConnectProviderThumbprint",
        ]
        Resource = "arn:aws:iam::${var.account_id}:oidc-provider/*"
      },
    ]
  })
}
